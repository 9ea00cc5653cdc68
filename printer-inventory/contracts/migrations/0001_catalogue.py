import django.core.validators
import django.db.models.deletion
import django.db.models.functions.text
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models

from printer_inventory.folded import FirstTables


class Migration(FirstTables):

    replaces = [('contracts', '0001_initial')]

    dependencies = [
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='ContractsAccess',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
            ],
            options={
                'permissions': [('access_contracts_app', 'Can open the contracts'), ('export_contracts', 'Can export contract devices'), ('import_contracts', 'Can import contract devices'), ('order_cartridges', 'Can order cartridges')],
                'managed': False,
                'default_permissions': (),
                'indexes': [],
                'constraints': [],
            },
        ),
        migrations.CreateModel(
            name='Manufacturer',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=128, unique=True, verbose_name='name')),
            ],
            options={
                'verbose_name': 'manufacturer',
                'verbose_name_plural': 'manufacturers',
                'ordering': ['name'],
                'constraints': [models.UniqueConstraint(django.db.models.functions.text.Lower('name'), name='mfr_name_ci_unique')],
                'indexes': [],
            },
        ),
        migrations.CreateModel(
            name='Cartridge',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=128, verbose_name='name')),
                ('part_number', models.CharField(blank=True, max_length=64, verbose_name='part number')),
                ('color', models.CharField(choices=[('black', 'Black'), ('cyan', 'Cyan'), ('magenta', 'Magenta'), ('yellow', 'Yellow'), ('color', 'Colour'), ('other', 'Other')], default='other', max_length=16, verbose_name='colour')),
                ('capacity', models.CharField(blank=True, max_length=64, verbose_name='capacity')),
                ('is_active', models.BooleanField(default=True, verbose_name='can be ordered')),
                ('comment', models.TextField(blank=True, verbose_name='comment')),
                ('created_at', models.DateTimeField(auto_now_add=True, verbose_name='created')),
                ('updated_at', models.DateTimeField(auto_now=True, verbose_name='updated')),
            ],
            options={
                'verbose_name': 'cartridge',
                'verbose_name_plural': 'cartridges',
                'ordering': ['name', 'part_number'],
                'constraints': [models.UniqueConstraint(django.db.models.functions.text.Lower('name'), django.db.models.functions.text.Lower('part_number'), name='cartridge_name_part_ci_unique')],
                'indexes': [],
            },
        ),
        migrations.CreateModel(
            name='DeviceModel',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('manufacturer', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='models', to='contracts.manufacturer', verbose_name='manufacturer')),
                ('name', models.CharField(max_length=128, verbose_name='name')),
                ('device_type', models.CharField(choices=[('printer', 'Printer'), ('scanner', 'Scanner'), ('other', 'Other')], default='printer', max_length=16, verbose_name='device type')),
                ('has_network_port', models.BooleanField(default=False, verbose_name='has a network port')),
            ],
            options={
                'verbose_name': 'device model',
                'verbose_name_plural': 'device models',
                'ordering': ['manufacturer__name', 'name'],
                'constraints': [models.UniqueConstraint(fields=('manufacturer', 'name'), name='devicemodel_mfr_name_unique')],
                'indexes': [],
            },
        ),
        migrations.CreateModel(
            name='DeviceModelCartridge',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('device_model', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='model_cartridges', to='contracts.devicemodel', verbose_name='device model')),
                ('cartridge', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='compatible_models', to='contracts.cartridge', verbose_name='cartridge')),
                ('is_primary', models.BooleanField(default=False, verbose_name='primary')),
                ('comment', models.CharField(blank=True, max_length=255, verbose_name='comment')),
                ('created_at', models.DateTimeField(auto_now_add=True, verbose_name='created')),
            ],
            options={
                'verbose_name': 'cartridge of a model',
                'verbose_name_plural': 'cartridges of models',
                'ordering': ['-is_primary', 'cartridge__name'],
                'constraints': [models.UniqueConstraint(fields=('device_model', 'cartridge'), name='model_cartridge_once')],
                'indexes': [],
            },
        ),
        migrations.AddField(
            model_name='devicemodel',
            name='cartridges',
            field=models.ManyToManyField(related_name='device_models', through='contracts.DeviceModelCartridge', to='contracts.cartridge', verbose_name='cartridges'),
        ),
        migrations.CreateModel(
            name='City',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=128, unique=True, verbose_name='name')),
            ],
            options={
                'verbose_name': 'city',
                'verbose_name_plural': 'cities',
                'ordering': ['name'],
                'constraints': [models.UniqueConstraint(django.db.models.functions.text.Lower('name'), name='city_name_ci_unique')],
                'indexes': [],
            },
        ),
        migrations.CreateModel(
            name='ContractStatus',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=128, unique=True, verbose_name='name')),
                ('color', models.CharField(default='#6c757d', max_length=7, validators=[django.core.validators.RegexValidator('^#[0-9a-fA-F]{6}\\Z', 'Write a colour like #2f9e44.')], verbose_name='colour')),
                ('is_active', models.BooleanField(default=True, verbose_name='can be chosen')),
            ],
            options={
                'verbose_name': 'contract status',
                'verbose_name_plural': 'contract statuses',
                'ordering': ['name'],
                'indexes': [],
                'constraints': [],
            },
        ),
        migrations.CreateModel(
            name='ServiceProvider',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=128, unique=True, verbose_name='name')),
                ('code', models.SlugField(max_length=32, unique=True, verbose_name='code')),
                ('issue_tracker', models.CharField(choices=[('okdesk', 'Okdesk'), ('none', 'None')], default='none', max_length=16, verbose_name='issue tracker')),
                ('support_email', models.EmailField(blank=True, max_length=254, verbose_name='e-mail for orders')),
                ('is_active', models.BooleanField(default=True, verbose_name='can be chosen')),
            ],
            options={
                'verbose_name': 'service provider',
                'verbose_name_plural': 'service providers',
                'ordering': ['name'],
                'constraints': [models.UniqueConstraint(django.db.models.functions.text.Lower('name'), name='provider_name_ci_unique')],
                'indexes': [],
            },
        ),
        migrations.CreateModel(
            name='ImportSession',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('uploaded_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('uploaded_at', models.DateTimeField(default=django.utils.timezone.now, verbose_name='uploaded')),
                ('counts', models.JSONField(default=dict, verbose_name='counts')),
                ('token', models.CharField(max_length=64)),
                ('digest', models.CharField(max_length=64)),
                ('attempt', models.PositiveSmallIntegerField(default=0, verbose_name='attempt')),
                ('lease_until', models.DateTimeField(blank=True, null=True, verbose_name='leased until')),
                ('reason', models.TextField(blank=True, default='', verbose_name='reason')),
                ('result', models.JSONField(default=dict, verbose_name='result')),
                ('applied_at', models.DateTimeField(blank=True, null=True, verbose_name='applied')),
                ('name', models.CharField(max_length=200, verbose_name='name')),
                ('target_status', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='contracts.contractstatus', verbose_name='status')),
                ('service_provider', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='contracts.serviceprovider', verbose_name='service provider')),
                ('create_cities', models.BooleanField(default=True, verbose_name='make cities that are missing')),
                ('create_models', models.BooleanField(default=False, verbose_name='make models that are missing')),
                ('state', models.CharField(choices=[('queued', 'queued'), ('running', 'running'), ('offered', 'looked through'), ('done', 'applied'), ('failed', 'failed'), ('lost', 'lost')], default='queued', max_length=8, verbose_name='state')),
                ('task', models.CharField(choices=[('look', 'looking through'), ('apply', 'applying'), ('undo', 'undoing')], default='look', max_length=5, verbose_name='task')),
                ('done', models.PositiveIntegerField(default=0, verbose_name='rows done')),
                ('total', models.PositiveIntegerField(default=0, verbose_name='rows')),
                ('version', models.PositiveIntegerField(default=0, verbose_name='version')),
                ('made', models.JSONField(blank=True, default=dict, editable=False)),
                ('undone_at', models.DateTimeField(blank=True, null=True, verbose_name='undone')),
                ('undone_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'verbose_name': 'contract import',
                'verbose_name_plural': 'contract imports',
                'ordering': ['-uploaded_at', '-id'],
                'abstract': False,
                'indexes': [],
                'constraints': [],
            },
        ),
        migrations.CreateModel(
            name='ImportFile',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('session', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='files', to='contracts.importsession')),
                ('original_name', models.CharField(max_length=200, verbose_name='file')),
                ('content', models.BinaryField(verbose_name='content')),
                ('rows_total', models.PositiveIntegerField(default=0, verbose_name='rows')),
                ('uploaded_at', models.DateTimeField(auto_now_add=True, verbose_name='uploaded')),
            ],
            options={
                'verbose_name': 'file of a contract import',
                'verbose_name_plural': 'files of contract imports',
                'ordering': ['id'],
                'constraints': [models.UniqueConstraint(fields=('session', 'original_name'), name='contract_file_once')],
                'indexes': [],
            },
        ),
        migrations.CreateModel(
            name='AutoPollJob',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('state', models.CharField(choices=[('queued', 'queued'), ('running', 'running'), ('done', 'done'), ('failed', 'failed'), ('stopped', 'stopped'), ('lost', 'lost')], default='queued', max_length=8, verbose_name='state')),
                ('requested_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('requested_at', models.DateTimeField(default=django.utils.timezone.now, verbose_name='asked for')),
                ('finished_at', models.DateTimeField(blank=True, null=True, verbose_name='finished')),
                ('done', models.PositiveIntegerField(default=0, verbose_name='done')),
                ('total', models.PositiveIntegerField(default=0, verbose_name='in all')),
                ('reason', models.CharField(blank=True, default='', max_length=500, verbose_name='reason')),
                ('attempt', models.PositiveSmallIntegerField(default=0, verbose_name='attempt')),
                ('lease_until', models.DateTimeField(blank=True, null=True, verbose_name='leased until')),
                ('session', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='autopoll_jobs', to='contracts.importsession')),
                ('task', models.CharField(choices=[('probe', 'looking up in GLPI'), ('verify', 'asking their addresses')], max_length=6, verbose_name='task')),
                ('only', models.JSONField(blank=True, null=True)),
            ],
            options={
                'verbose_name': 'work on candidates',
                'verbose_name_plural': 'work on candidates',
                'ordering': ['-requested_at', '-id'],
                'constraints': [models.UniqueConstraint(condition=models.Q(('state__in', ['queued', 'running'])), fields=('session',), name='autopoll_one_job')],
                'indexes': [],
            },
        ),
        migrations.CreateModel(
            name='CartridgeImport',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('uploaded_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('uploaded_at', models.DateTimeField(default=django.utils.timezone.now, verbose_name='uploaded')),
                ('counts', models.JSONField(default=dict, verbose_name='counts')),
                ('token', models.CharField(max_length=64)),
                ('digest', models.CharField(max_length=64)),
                ('state', models.CharField(choices=[('offered', 'looked through'), ('running', 'running'), ('done', 'applied'), ('failed', 'failed')], default='offered', max_length=8, verbose_name='state')),
                ('attempt', models.PositiveSmallIntegerField(default=0, verbose_name='attempt')),
                ('lease_until', models.DateTimeField(blank=True, null=True, verbose_name='leased until')),
                ('reason', models.TextField(blank=True, default='', verbose_name='reason')),
                ('result', models.JSONField(default=dict, verbose_name='result')),
                ('applied_at', models.DateTimeField(blank=True, null=True, verbose_name='applied')),
                ('file_name', models.CharField(max_length=200, verbose_name='file')),
                ('content', models.BinaryField(verbose_name='content')),
                ('primary', models.BooleanField(default=False, verbose_name="the models' usual cartridges")),
                ('skip_existing', models.BooleanField(default=False, verbose_name='leave known cartridges as they are')),
            ],
            options={
                'verbose_name': 'cartridge import',
                'verbose_name_plural': 'cartridge imports',
                'ordering': ['-uploaded_at', '-id'],
                'abstract': False,
                'indexes': [],
                'constraints': [],
            },
        ),
        migrations.CreateModel(
            name='CartridgeImportRow',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('number', models.PositiveIntegerField(verbose_name='row')),
                ('label', models.CharField(max_length=12, verbose_name='what becomes of it')),
                ('verdict', models.CharField(max_length=7, verbose_name='verdict')),
                ('target', models.CharField(blank=True, default='', max_length=20)),
                ('values', models.JSONField(verbose_name='values')),
                ('problems', models.JSONField(default=list, verbose_name='problems')),
                ('session', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='rows', to='contracts.cartridgeimport')),
                ('decision', models.CharField(choices=[('pending', 'as suggested'), ('apply', 'apply'), ('skip', 'leave out')], default='pending', max_length=7, verbose_name='decision')),
            ],
            options={
                'verbose_name': 'row of a cartridge import',
                'verbose_name_plural': 'rows of cartridge imports',
                'ordering': ['number'],
                'abstract': False,
                'indexes': [models.Index(fields=['session', 'label', 'number'], name='cartridge_row_label')],
                'constraints': [models.UniqueConstraint(fields=('session', 'number'), name='cartridge_row_once')],
            },
        ),
    ]
