import django.contrib.postgres.constraints
import django.db.models.deletion
import django.utils.timezone
from decimal import Decimal
from django.conf import settings
from django.db import migrations, models

from printer_inventory.folded import FirstTables


class Migration(FirstTables):

    replaces = [('billing', '0001_initial')]

    dependencies = [
        ('inventory', '0001_tables'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='Tariff',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('organization', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='tariffs', to='inventory.organization', verbose_name='organization')),
                ('contract', models.CharField(blank=True, default='', max_length=100, verbose_name='contract')),
                ('currency', models.CharField(choices=[('RUB', 'RUB'), ('EUR', 'EUR'), ('USD', 'USD'), ('KZT', 'KZT'), ('BYN', 'BYN'), ('CNY', 'CNY'), ('JPY', 'JPY')], default='RUB', max_length=3, verbose_name='currency')),
                ('minimum', models.DecimalField(decimal_places=2, default=Decimal('0'), max_digits=12, verbose_name='minimum per month')),
                ('valid_from', models.DateField(verbose_name='from')),
                ('valid_until', models.DateField(blank=True, null=True, verbose_name='until')),
                ('comment', models.TextField(blank=True, default='', verbose_name='comment')),
                ('updated_at', models.DateTimeField(auto_now=True, verbose_name='edited')),
                ('updated_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('version', models.PositiveIntegerField(default=0, editable=False)),
            ],
            options={
                'verbose_name': 'tariff',
                'verbose_name_plural': 'tariffs',
                'ordering': ['organization__name', '-valid_from'],
                'constraints': [django.contrib.postgres.constraints.ExclusionConstraint(expressions=[(models.Func(models.F('organization'), models.F('organization'), models.Value('[]'), function='int8range'), '&&'), (models.Func(models.F('valid_from'), models.F('valid_until'), models.Value('[]'), function='daterange'), '&&')], name='tariff_one_per_month'), models.CheckConstraint(condition=models.Q(('valid_from__day', 1), models.Q(('valid_until', None), ('valid_until__day', 1), _connector='OR')), name='tariff_of_months'), models.CheckConstraint(condition=models.Q(('valid_until', None), ('valid_until__gte', models.F('valid_from')), _connector='OR'), name='tariff_ends_after_it_begins'), models.CheckConstraint(condition=models.Q(('minimum__gte', 0)), name='tariff_minimum_not_negative')],
                'indexes': [],
            },
        ),
        migrations.CreateModel(
            name='TariffTier',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('tariff', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='tiers', to='billing.tariff')),
                ('colour', models.CharField(choices=[('mono', 'black-and-white'), ('color', 'colour')], max_length=5, verbose_name='clicks')),
                ('above', models.PositiveIntegerField(default=0, verbose_name='above')),
                ('price', models.DecimalField(decimal_places=4, max_digits=12, verbose_name='price')),
            ],
            options={
                'verbose_name': 'tier of a tariff',
                'verbose_name_plural': 'tiers of tariffs',
                'ordering': ['tariff', '-colour', 'above'],
                'default_permissions': ('view',),
                'constraints': [models.UniqueConstraint(fields=('tariff', 'colour', 'above'), name='tier_once'), models.CheckConstraint(condition=models.Q(('price__gte', 0)), name='tier_price_not_negative')],
                'indexes': [],
            },
        ),
        migrations.CreateModel(
            name='BillingAccess',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
            ],
            options={
                'permissions': [('access_billing', 'Can open billing'), ('edit_tariffs', 'Can edit tariffs'), ('issue_invoices', 'Can issue invoices'), ('export_billing', 'Can export tariffs and invoices')],
                'managed': False,
                'default_permissions': (),
                'indexes': [],
                'constraints': [],
            },
        ),
        migrations.CreateModel(
            name='Invoice',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('organization', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='invoices', to='inventory.organization', verbose_name='organization')),
                ('organization_name', models.CharField(max_length=200, verbose_name='organization as it was called')),
                ('month', models.DateField(verbose_name='month')),
                ('version', models.PositiveSmallIntegerField(verbose_name='version')),
                ('state', models.CharField(choices=[('issued', 'issued'), ('replaced', 'replaced')], default='issued', max_length=8, verbose_name='state')),
                ('currency', models.CharField(max_length=3, verbose_name='currency')),
                ('total', models.DecimalField(decimal_places=2, max_digits=18, verbose_name='total')),
                ('mono_clicks', models.BigIntegerField(verbose_name='black-and-white clicks')),
                ('color_clicks', models.BigIntegerField(verbose_name='colour clicks')),
                ('tariff', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='invoices', to='billing.tariff', verbose_name='tariff')),
                ('contract', models.CharField(blank=True, max_length=100, verbose_name='contract')),
                ('tariff_facts', models.JSONField(verbose_name='prices')),
                ('fingerprint', models.CharField(max_length=64)),
                ('reason', models.CharField(blank=True, default='', max_length=500, verbose_name='why it was corrected')),
                ('issued_at', models.DateTimeField(default=django.utils.timezone.now, verbose_name='issued')),
                ('issued_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('issued_by_name', models.CharField(blank=True, default='', max_length=150, verbose_name='by')),
            ],
            options={
                'verbose_name': 'invoice',
                'verbose_name_plural': 'invoices',
                'ordering': ['-month', 'organization_name', '-version'],
                'default_permissions': ('view',),
                'constraints': [models.UniqueConstraint(fields=('organization', 'month', 'version'), name='invoice_version_once'), models.UniqueConstraint(condition=models.Q(('state', 'issued')), fields=('month', 'organization'), name='invoice_one_that_holds'), models.CheckConstraint(condition=models.Q(('month__day', 1)), name='invoice_of_a_month')],
                'indexes': [],
            },
        ),
        migrations.CreateModel(
            name='InvoiceLine',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('invoice', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='lines', to='billing.invoice')),
                ('number', models.PositiveSmallIntegerField(verbose_name='No.')),
                ('kind', models.CharField(choices=[('mono', 'black-and-white'), ('color', 'colour'), ('minimum', 'up to the minimum')], max_length=8, verbose_name='what for')),
                ('first', models.BigIntegerField(verbose_name='first click')),
                ('last', models.BigIntegerField(verbose_name='last click')),
                ('clicks', models.BigIntegerField(verbose_name='clicks')),
                ('price', models.DecimalField(decimal_places=4, max_digits=12, verbose_name='price')),
                ('amount', models.DecimalField(decimal_places=2, max_digits=18, verbose_name='amount')),
            ],
            options={
                'verbose_name': 'line of an invoice',
                'verbose_name_plural': 'lines of invoices',
                'ordering': ['invoice', 'number'],
                'default_permissions': (),
                'constraints': [models.UniqueConstraint(fields=('invoice', 'number'), name='invoiceline_once')],
                'indexes': [],
            },
        ),
        migrations.CreateModel(
            name='InvoiceDevice',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('invoice', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='devices', to='billing.invoice')),
                ('row_id', models.BigIntegerField(verbose_name='row of the month')),
                ('order_number', models.PositiveIntegerField(verbose_name='No.')),
                ('serial_number', models.CharField(blank=True, max_length=100, verbose_name='serial number')),
                ('equipment_model', models.CharField(blank=True, max_length=255, verbose_name='model')),
                ('place', models.CharField(blank=True, max_length=800, verbose_name='place')),
                ('part', models.CharField(max_length=3, verbose_name='part')),
                ('counters', models.JSONField(verbose_name='counters')),
                ('mono_clicks', models.BigIntegerField(verbose_name='black-and-white clicks')),
                ('color_clicks', models.BigIntegerField(verbose_name='colour clicks')),
                ('doubts', models.JSONField(default=list, verbose_name='doubts')),
                ('evidence', models.JSONField(default=dict, verbose_name='evidence')),
            ],
            options={
                'verbose_name': 'device of an invoice',
                'verbose_name_plural': 'devices of invoices',
                'ordering': ['invoice', 'order_number', 'row_id'],
                'default_permissions': (),
                'constraints': [models.UniqueConstraint(fields=('invoice', 'row_id'), name='invoicedevice_once')],
                'indexes': [],
            },
        ),
    ]
